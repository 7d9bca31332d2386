import type { BuiltInClass } from "../classes.ts";

/**
 * What people call the fields of a class, in words without accents: a phrase has its words joined by `_`. Written
 * together (`firstname`) they count too.
 */
export const keyPhrases: Readonly<Partial<Record<BuiltInClass, string>>> = {
  EMAIL:
    "email e_mail mail emails mails email_address e_mail_address mail_address mailaddress mailto reply_to cc bcc " +
    "login_email correo correo_electronico correo_e courriel adresse_electronique adresse_mail adresse_e_mail " +
    "email_adresse e_mail_adresse emailadresse mailadresse mejl epost e_post e_postadress epostadresse " +
    "e_postadresse sahkoposti sahkopostiosoite posta_elettronica indirizzo_email indirizzo_e_mail " +
    "endereco_de_email correio_eletronico e_mailadres emailadres eposta e_posta e_posta_adresi email_cim " +
    "e_mail_cim adres_email adres_e_mail elektronicka_posta adresa_de_email 邮箱 电子邮件 电子邮箱 邮件 メール メールアドレス 이메일 почта " +
    "email_адрес электронная_почта э_почта البريد_الإلكتروني",
  PHONE:
    "phone phones telephone tel tel_no telno mobile mobile_no cell cell_phone cellphone cellular fax fax_number " +
    "msisdn whatsapp phone_number phone_no phone_num phonenumber telephone_number telephone_no mobile_number " +
    "mobile_phone cell_number contact_number contact_no callback callback_number call_back landline work_phone " +
    "home_phone sms sms_number  caller callee caller_number caller_id dialed_number from_number " +
    "to_number whatsapp_number ph_no hotline desk desk_phone direct_line direct_dial telefon telefonnummer telefon_nr tel_nr rufnummer mobil " +
    "mobilnummer mobiltelefon handy handynummer festnetz mobilfunk mobilfunknummer telefono numero_de_telefono " +
    "numero_telefono movil telefono_movil celular telephone_portable portable numero_de_telephone " +
    "numero_telephone mobile_telephone cellulare numero_di_telefono telefone numero_de_telefone telemovel " +
    "numero_de_celular telefoon telefoonnummer mobiel mobiele_nummer gsm komorka numer_telefonu nr_telefonu " +
    "telefon_komorkowy telefonni_cislo mobilni_telefon puhelin puhelinnumero matkapuhelin numar_de_telefon " +
    "numar_telefon telefonszam mobilszam cep cep_telefonu telefon_numarasi gsm_no mobilnr tlf tlf_nr telefonnr 电话 " +
    "电话号码 手机 手机号 手机号码 联系电话 電話 電話番号 携帯 携帯電話 휴대폰 전화 전화번호 휴대폰번호 телефон номер_телефона мобильный моб_телефон الهاتف " +
    "رقم_الهاتف الجوال هاتف",
  NAME:
    "full_name fullname first_name firstname last_name lastname surname given_name family_name middle_name " +
    "maiden_name display_name preferred_name real_name legal_name person_name contact_name customer_name " +
    "client_name user_full_name employee_name patient_name guest_name passenger_name member_name student_name " +
    "owner_name author_name sender_name recipient_name payer_name payee_name cardholder cardholder_name " +
    "card_holder card_holder_name name_on_card account_holder account_holder_name account_owner " +
    "account_owner_name holder_name beneficiary_name applicant_name assignee_name reporter_name requester_name " +
    "author_name committer_name reviewer_name manager_name contact_person spouse spouse_name father_name " +
    "mother_name mothers_maiden_name emergency_contact_name insured_name policy_holder policyholder tenant_name " +
    "driver_name candidate_name lead_name buyer_name seller_name shipper_name ship_to_name bill_to_name " +
    "agent_name fname lname f_name l_name vorname nachname familienname zuname vollstandiger_name ansprechpartner " +
    "kontaktperson kontoinhaber kundenname karteninhaber geburtsname prenom nom_de_famille nom_complet " +
    "nom_du_client nom_client nom_et_prenom contact_nom apellido apellidos nombre_completo nombre_y_apellidos " +
    "primer_apellido segundo_apellido nombre_cliente nombre_del_cliente cognome nome_completo nome_e_cognome " +
    "nominativo sobrenome nome_do_cliente apelido primeiro_nome ultimo_nome voornaam achternaam volledige_naam " +
    "tussenvoegsel klantnaam contactpersoon rekeninghouder nazwisko imie_i_nazwisko imie_nazwisko pelne_imie " +
    "fornamn efternamn fullstandigt_namn kontaktnamn fornavn etternavn efternavn fulde_navn fullt_navn etunimi " +
    "sukunimi koko_nimi prijmeni cele_jmeno jmeno_a_prijmeni prenume nume_complet nume_si_prenume vezeteknev " +
    "keresztnev teljes_nev csaladi_nev utonev soyad ad_soyad adi_soyadi soyadi soyisim tam_ad 姓名 姓 联系人 客户姓名 收件人 " +
    "氏名 お名前 苗字 성명 성 фамилия отчество фио полное_имя الاسم_الكامل اسم_العائلة اسم_العميل",
  CARD:
    "card pan card_number card_no cardnumber card_num credit_card credit_card_number credit_card_no creditcard cc_number " +
    "cc_num ccnumber ccn debit_card debit_card_number payment_card card_pan pan_number primary_account_number " +
    "kartennummer kreditkarte kreditkartennummer numero_de_carte numero_carte carte_bancaire carte_de_credit " +
    "numero_tarjeta numero_de_tarjeta tarjeta tarjeta_de_credito carta_di_credito numero_carta numero_di_carta " +
    "cartao cartao_de_credito numero_do_cartao numero_cartao creditcardnummer kaartnummer numer_karty " +
    "karta_kredytowa kortnummer kreditkort kredittkort luottokortti korttinumero cislo_karty numar_card " +
    "kartyaszam kart_no kart_numarasi kredi_karti 卡号 信用卡 信用卡号 银行卡号 カード番号 카드번호 номер_карты رقم_البطاقة",
  IBAN:
    "iban iban_number iban_no iban_code iban_nr kontonummer_iban iban_numarasi numero_iban codice_iban " +
    "account_iban",
  BANK:
    "bank_account bank_account_number bank_account_no bank_acct account_number account_no acct_no acct_number " +
    "acct_num acct accountnumber routing routing_number routing_no aba aba_routing aba_number sort_code bsb " +
    "bsb_number transit_number clabe ccc_account bank_details checking_account savings_account iban_or_account " +
    "bankkonto bankverbindung kontonummer konto_nr konto blz bankleitzahl numero_de_compte numero_compte " +
    "compte_bancaire rib numero_de_cuenta numero_cuenta cuenta_bancaria conto_corrente numero_conto " +
    "numero_di_conto conta_bancaria numero_da_conta numero_conta rekeningnummer bankrekening numer_konta nr_konta " +
    "rachunek_bankowy nr_rachunku kontonr bankgiro bankkonto_nr clearingnummer tilinumero cislo_uctu " +
    "bankovni_ucet cont_bancar bankszamlaszam szamlaszam hesap_no hesap_numarasi banka_hesabi 银行账号 账号 银行账户 口座番号 " +
    "계좌번호 номер_счета расчетный_счет رقم_الحساب",
  GOV_ID:
    "ssn ssn_number social_security social_security_number social_security_no sin social_insurance_number itin " +
    "ein tin tax_id tax_id_number taxid taxpayer_id tax_number tax_identification_number national_id " +
    "national_id_number nationalid national_insurance national_insurance_number nino ni_number government_id " +
    "gov_id id_card id_card_number identity_card identity_number identity_card_number citizen_id personal_id " +
    "personal_identity_number personal_number personal_code resident_id resident_registration_number voter_id " +
    "driver_license license_number licence_number license_no licence_no driver_license_number drivers_license drivers_license_number driver_s_license driver_licence " +
    "driving_licence driving_license driving_licence_number driving_license_number dl_number dl_no medicare " +
    "medicare_number medicaid_id medical_id medical_record_number mrn patient_id health_card " +
    "health_insurance_number nhs nhs_number npi mbi dea_number insurance_member_id aadhaar aadhaar_number aadhar " +
    "aadhar_number pan_card gstin abn tfn cpf cnpj rg cpf_cnpj curp rfc dni nie nif nss cif rut cuit cuil nit " +
    "cedula documento_de_identidad numero_de_identidad steuer_id steuer_idnr steuernummer steuerid " +
    "steueridentifikationsnummer sozialversicherungsnummer sv_nummer rentenversicherungsnummer personalausweis " +
    "personalausweisnummer ausweisnummer fuhrerschein fuhrerscheinnummer krankenversicherungsnummer ahv " +
    "ahv_nummer numero_de_securite_sociale securite_sociale numero_secu nir carte_d_identite permis_de_conduire " +
    "numero_fiscal codice_fiscale partita_iva carta_d_identita patente numero_de_contribuinte carta_de_conducao " +
    "cartao_cidadao carnet_de_conducir permiso_de_conducir bsn burgerservicenummer rijbewijs rijbewijsnummer " +
    "rijksregisternummer pesel nip dowod_osobisty numer_dowodu prawo_jazdy personnummer samordningsnummer korkort " +
    "cpr cpr_nummer cpr_nr fodselsnummer forerkort hetu henkilotunnus rodne_cislo cislo_op cnp " +
    "cod_numeric_personal adoazonosito adoszam taj_szam szemelyi_szam tc_kimlik tc_kimlik_no tckn kimlik_no " +
    "ehliyet 身份证 身份证号 身份证号码 マイナンバー 個人番号 주민등록번호 инн снилс паспорт_рф رقم_الهوية pps pps_number ppsn nric " +
    "fin_number hkid my_kad mykad",
  PASSPORT:
    "passport passport_number passport_no passport_num passportnumber passport_id reisepass reisepassnummer " +
    "passnummer pass_nr numero_de_passeport passeport pasaporte numero_de_pasaporte numero_pasaporte passaporto " +
    "numero_passaporto passaporte numero_do_passaporte paspoort paspoortnummer paszport numer_paszportu " +
    "pas_nummer passi passin_numero cestovni_pas cislo_pasu pasaport pasaport_no utlevel utlevelszam 护照 护照号 パスポート " +
    "旅券番号 여권번호 номер_паспорта паспорт رقم_جواز_السفر travel_document_number",
  DOB:
    "dob d_o_b birth date_of_birth birth_date birthdate birthday bday birth_day date_birth born born_on geburtsdatum " +
    "geburtstag geb_datum geboren geboren_am date_de_naissance naissance ne_le date_naissance fecha_de_nacimiento " +
    "fecha_nacimiento nacimiento data_di_nascita data_nascita nato_il data_de_nascimento data_nascimento " +
    "nascimento geboortedatum geboren_op data_urodzenia urodzony fodelsedatum fodselsdato fodselsdag fodt " +
    "syntymaaika syntymapaiva datum_narozeni data_nasterii data_nasterii szuletesi_datum szuletesi_ido " +
    "dogum_tarihi 出生日期 生日 生年月日 誕生日 생년월일 дата_рождения تاريخ_الميلاد",
  ADDRESS:
    "address addr street street_address streetaddress street_name street_line address_line address_line_one " +
    "address_line_two home_address mailing_address postal_address billing_address shipping_address " +
    "delivery_address residential_address physical_address work_address office_address permanent_address " +
    "current_address venue_address pickup_address dropoff_address ship_to deliver_to line_one address_street city " +
    "town city_name locality suburb postal_town birth_place place_of_birth birthplace home_town hometown " +
    "postal_code postalcode postcode post_code zip zip_code zipcode postal zip_postal_code location home_location " +
    "lives_in residence adresse anschrift strasse strasse_und_hausnummer hausanschrift wohnort ort stadt plz " +
    "postleitzahl lieferadresse rechnungsadresse wohnadresse geburtsort rue ville adresse_postale code_postal " +
    "lieu_de_naissance commune adresse_de_livraison adresse_de_facturation direccion calle ciudad codigo_postal " +
    "domicilio localidad poblacion lugar_de_nacimiento indirizzo citta comune residenza luogo_di_nascita endereco " +
    "rua cidade morada logradouro bairro adres straat woonplaats plaats woonadres geboorteplaats ulica miasto " +
    "kod_pocztowy adres_zamieszkania adress gatuadress gata stad postnummer postadress vej postnr gateadresse " +
    "osoite katuosoite kaupunki postinumero adresa ulice mesto obec psc strada oras cod_postal localitate cim " +
    "utca varos iranyitoszam lakcim sokak sehir posta_kodu ilce mahalle 地址 详细地址 收货地址 城市 邮编 邮政编码 住所 市区町村 郵便番号 주소 " +
    "우편번호 адрес город улица индекс почтовый_индекс العنوان المدينة الرمز_البريدي",
  IP:
    "ip ip_address ipaddress ip_addr ip_v ipv client_ip remote_ip remote_addr source_ip src_ip dest_ip dst_ip " +
    "host_ip public_ip last_login_ip login_ip user_ip peer_ip x_forwarded_for x_real_ip ip_adresse adresse_ip " +
    "direccion_ip indirizzo_ip",
  MAC:
    "mac mac_address macaddress mac_addr hw_address hwaddr hardware_address ethernet_address wifi_mac " +
    "bluetooth_mac bssid",
  USERNAME:
    "username user_name login login_name user_login userid_name screen_name screenname handle nickname " +
    "account_name benutzername benutzerkennung anmeldename nom_d_utilisateur nombre_de_usuario usuario " +
    "nome_utente nome_de_usuario utilizador gebruikersnaam nazwa_uzytkownika login_uzytkownika anvandarnamn " +
    "brukernavn brugernavn kayttajatunnus uzivatelske_jmeno nume_de_utilizator nume_utilizator felhasznalonev " +
    "kullanici_adi 用户名 ユーザー名 사용자명 имя_пользователя логин اسم_المستخدم github_username twitter_handle " +
    "telegram_username",
};

/** Keys that hold a person's name only where the record is a person's: a product has a `name` too. */
export const barePhrases: string =
  "name naam namn navn nimi nev ad adi isim nome nombre nom nume jmeno imie 名字 名前 名 姓名 이름 имя الاسم";

/** Keys that say who somebody is (`assignee`): their value is a name only if it reads as one, and often it is an id. */
export const rolePhrases: string =
  "beneficiary applicant assignee reporter reported_by requester requested_by submitted_by created_by updated_by modified_by approved_by assigned_to author committer reviewer approver manager supervisor employee customer patient attendee contact organizer organiser signatory signed_by next_of_kin emergency_contact attention attn signer borrower insured landlord doctor physician nurse candidate consignee sales_rep account_manager kunde inhaber empfanger absender destinataire titular titulaire destinatario odbiorca nadawca mitarbeiter intestatario " +
  "owner user sender recipient driver host guest passenger member student teacher lead from to payer payee payor " +
  "responsible opened_by closed_by merged_by uploaded_by edited_by resolved_by prepared_by issued_by performed_by " +
  "ordered_by sold_to bill_to invited_by last_modified_by kontakt contacto contatto contato fn cn changed_by creator editor speaker presenter contributor maintainer";
